"""The aws CLI, called as boto3's client is: a method for each operation, which gives back what the CLI prints."""
import json
import re
import subprocess

import botocore.exceptions
from botocore import xform_name


class AwsCli:
    """Every operation that it was answered without an error is added to `answered`."""

    def __init__(self, client, answered):
        # Its model knows the operations' names; it waits, too, since the CLI looks every 15 seconds only.
        self._client, self._answered = client, answered
        version = subprocess.run(["aws", "--version"], stdout=subprocess.PIPE, check=True).stdout
        # From version 2 on, bytes are base64 unless that is told.
        self._options = ["--cli-binary-format", "raw-in-base64-out"] if version.startswith(b"aws-cli/2") else []

    def __getattr__(self, method):
        operation = self._client.meta.method_to_api_mapping[method]

        def call(**parameters):
            text = json.dumps(parameters, default=lambda value: value.decode())
            answer = self._run(operation, [method.replace("_", "-"), "--cli-input-json", text, *self._options])
            return json.loads(answer or "{}")

        call.__name__ = method
        return call

    def get_waiter(self, name):
        return _Waiter(self, self._client.get_waiter(name))

    def _run(self, operation, arguments):
        done = subprocess.run(["aws", "ec2", *arguments, "--output", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            code = re.search(r"An error occurred \(([\w.]+)\)", done.stderr)
            raise botocore.exceptions.ClientError({"Error": {"Code": code.group(1) if code else done.stderr}}, operation)
        self._answered.add(operation)
        return done.stdout


class _Waiter:
    def __init__(self, cli, waiter):
        self._cli, self._waiter = cli, waiter

    def wait(self, **parameters):
        self._waiter.wait(**parameters)
        parameters.pop("WaiterConfig", None)
        options = [word for name, values in parameters.items() for word in ["--" + xform_name(name, "-"), *values]]
        self._cli._run(self._waiter.config.operation, ["wait", xform_name(self._waiter.name, "-"), *options])

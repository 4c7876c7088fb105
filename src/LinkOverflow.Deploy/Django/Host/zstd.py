"""Decompression by libzstd, which dpkg, rpm or systemd has brought to the host, where the program zstd seldom is.

https://facebook.github.io/zstd/doc/api_manual_latest.html, "Streaming decompression".
"""
import ctypes
import os
import sys


class Buffer(ctypes.Structure):
    """ZSTD_inBuffer and ZSTD_outBuffer, which are alike."""

    _fields_ = [("start", ctypes.c_void_p), ("size", ctypes.c_size_t), ("position", ctypes.c_size_t)]

    def __init__(self, memory):
        super().__init__(ctypes.addressof(memory), 0, 0)
        self.memory = memory


class Zstd:
    # Of each; what zstd itself recommends is less.
    BUFFER_SIZE = 1 << 18

    def __init__(self):
        """Fails where the host lacks it."""
        self.library = ctypes.CDLL("libzstd.so.1")
        self.library.ZSTD_createDStream.restype = ctypes.c_void_p
        self.library.ZSTD_getErrorName.restype = ctypes.c_char_p
        self.library.ZSTD_getErrorName.argtypes = [ctypes.c_size_t]
        self.library.ZSTD_isError.argtypes = [ctypes.c_size_t]
        self.library.ZSTD_decompressStream.restype = ctypes.c_size_t
        self.library.ZSTD_decompressStream.argtypes = [ctypes.c_void_p, ctypes.POINTER(Buffer), ctypes.POINTER(Buffer)]
        self.stream = self.library.ZSTD_createDStream()
        self.input, self.output = (Buffer(ctypes.create_string_buffer(self.BUFFER_SIZE)) for _ in range(2))

    def decompress(self, source, target):
        """From one file descriptor to the other; exits where it is not one whole frame."""
        given, made = self.input, self.output
        made.size = self.BUFFER_SIZE
        content = memoryview(made.memory)
        missing = 1
        while missing:
            if given.position == given.size and made.position < made.size:
                given.position, given.size = 0, os.readv(source, [given.memory])
                if not given.size:
                    sys.exit("What came breaks off.")
            made.position = 0
            missing = self.library.ZSTD_decompressStream(self.stream, made, given)
            if self.library.ZSTD_isError(missing):
                sys.exit(f"What came is damaged: {self.library.ZSTD_getErrorName(missing).decode()}")
            written = 0
            while written < made.position:
                written += os.write(target, content[written : made.position])

from django import forms
from django.core.exceptions import ValidationError

from .formfields import TagsField, WebAddressField
from .models import Link, Vote


class LinkForm(forms.ModelForm):
    tags = TagsField(
        max_tags=5,
        required=False,
        help_text="Up to five, separated by commas or spaces: python, web, tutorial",
    )

    # The link that has this address, if somebody was faster.
    already_posted = None

    class Meta:
        model = Link
        fields = ["title", "url"]
        field_classes = {"url": WebAddressField}
        labels = {"url": "Address"}
        widgets = {
            "title": forms.TextInput(attrs={"autofocus": True}),
            # A text input with the keyboard for addresses: an input of type "url"
            # refuses "python.org" before the form can add the https://.
            "url": forms.TextInput(
                attrs={
                    "inputmode": "url",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                    "placeholder": "https://",
                }
            ),
        }

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())

    def clean_url(self):
        url = self.cleaned_data["url"]
        self.already_posted = Link.objects.filter(url=url).first()
        if self.already_posted:
            raise ValidationError(
                "This address has been posted already.", code="already_posted"
            )
        return url


class VoteForm(forms.Form):
    value = forms.TypedChoiceField(
        choices=[*Vote.Direction.choices, (0, "Withdraw")], coerce=int
    )

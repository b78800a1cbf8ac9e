"""Message templates that a plugin declares: complete in both languages, and each renders with its examples."""

from __future__ import annotations

from core.i18n import LOCALES
from core.message_templates import PLACEHOLDER, Text, check_text, example_of
from core.testing_suite.base import SuiteBase, nothing


class MessageSuite(SuiteBase):
    """What customers and colleagues are written."""

    def test_message_templates_are_whole_in_both_languages_and_render_with_their_examples(self, registry):
        wrong = []
        for code, template in registry.message_templates.items():
            if registry.owner_of("message_templates", code) != self.plugin:
                continue
            wrong += [f"{code}: {problem}" for problem in template.problems()]
            text = Text(template.subject, template.body)
            used = {loc: set(PLACEHOLDER.findall(text.subject[loc] + text.body[loc])) for loc in LOCALES}
            if used["en"] != used["zh"]:
                wrong.append(f"{code}: only one language speaks of {sorted(used['en'] ^ used['zh'])}")
            for locale in LOCALES:
                check_text(template, text.body[locale], "body")
                words = " ".join(example_of(template, text, locale))
                if PLACEHOLDER.search(words) or "None" in words:
                    wrong.append(f"{code}: left open in {locale}: {words}")
            wrong += [
                f"{code}: no {what} in both languages"
                for what, words in (("label", template.label), ("purpose", template.purpose))
                if set(words) != set(LOCALES)
            ]
        nothing(wrong)

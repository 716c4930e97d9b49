"""The text wears the form of a prompt, or is out of sight where it is rendered (SAFE-T1001, T1402)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal

_FORM: Final = "imitates the markup of a prompt"

# Searched in whole texts: markup may span sentences.
IMITATING: Final = (
    signal(
        _FORM,
        0.6,
        r"<\s*/?\s*(?:important|system|secret|hidden|instructions?|critical|assistant|admin|prompt|override|priority|mandatory|urgent|directive|internal|"
        r"note[-_ ]?to[-_ ]?\w+|sys|ai|llm|confidential|requirements?|policy|cmd|command|attention|private|developer|context|reminder|prereq\w*|"
        r"system[-_]\w+|\w+[-_]instructions?|agent[-_]\w+|ai[-_]\w+|hidden[-_]\w+|secret[-_]\w+)(?: [^<>]{1,60})?\s*>",
        hints="<",
    ),
    signal(
        _FORM,
        1.0,
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|end|start_header_id|eot_id|begin_of_text)\|?>?|\[/?inst\]|<</?sys>>|"
        r"\[(?:system|admin|developer)\s*(?:message|override|note|notice|prompt|instruction)?\]\s*:?|"
        r"(?:^|[.!?>:)\]*] )(?:#{2,} )?(?:system|assistant|human) ?(?:prompt|message|instructions?|override|note|notice|update)?(?: to [\w ]+)? ?: ?\w|"
        r"\bbegin (?:system|hidden|secret|admin) (?:prompt|message|instruction)|"
        r"\b(?:system|developer|admin(?:istrator)?) (?:notice|note|override|message|instruction|directive|update) ?(?::|to the (?:ai|assistant|model|agent))|"
        r"</(?:tool|description|tools|function|functions|tool_description)>\s*<|"
        r"\bend of (?:the )?(?:tool |function )?(?:description|definition|schema|documentation)\b",
        hints="<| system assistant human inst] admin developer </ end",
    ),
    signal(
        "hides text from who reads it rendered",
        0.5,
        r"<!--.{0,2000}?-->|\[//\]: #|(?:font-size|opacity)\s*:\s*0\b|display\s*:\s*none|color\s*:\s*(?:white|transparent|#fff)|visibility\s*:\s*hidden",
        hints="<!-- [//] font-size opacity display color visibility",
    ),
)

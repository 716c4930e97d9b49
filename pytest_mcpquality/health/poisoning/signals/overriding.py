"""The text puts itself above what the model was told, or wears the form of a prompt (SAFE-T1001, T1401)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal

OVERRIDING: Final = (
    # Overriding what it was told
    signal(
        "overrides the model's instructions",
        1.0,
        r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|es|ing)|bypass(?:ing)?|discard|supersedes?|cancel|neglect|drop|replac(?:e|es|ing)|abandon|suspend) (?:\w+ ){0,3}?"
        r"(?:previous|prior|above|earlier|preceding|your|system|safety|security|other|all|any|existing|original|initial|former|these|default|content|developer) (?:\w+ ){0,3}?"
        r"(?:instructions?|rules?|prompts?|guidelines?|directives?|polic(?:y|ies)|constraints?|safeguards?|training|guardrails?|alignment|commands|messages? and)\b",
    ),
    signal(
        "overrides the model's instructions",
        0.8,
        r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|bypass(?:ing)?|abandon|suspend|violate|break) (?:\w+ ){0,2}?(?:your|safety|security|system|the|all|any) (?:\w+ ){0,2}?(?:restrictions?|rules?|guidelines?|filters?|safety|safeguards?|instructions?|limits?|constraints?)\b(?: (?:you|that you|given|and (?:follow|do|send|reveal)|above|completely|entirely))?(?=.{0,40}?\b(?:you|your|follow|instead|restrictions|safety|given)\b)|\b(?:earlier|previous|prior|former|old|other) (?:rules|instructions|guidelines|restrictions|prompts) (?:\w+ ){0,2}?(?:no longer|do not|don't|are (?:void|cancell?ed|superseded|obsolete))",
    ),
    signal(
        "overrides the model's instructions",
        0.8,
        r"\b(?:new|updated|revised|real|true|actual|additional|hidden|special|secret|important) (?:system )?(?:instructions?|directives?|orders|objective|mission|prompt)\s*(?::|for (?:the )?(?:ai|llm|model|assistant|agent)|to (?:the )?(?:ai|llm|model|assistant|agent))",
    ),
    signal(
        "overrides the model's instructions",
        0.8,
        r"\b(?:you are now|from now on,? (?:you|always|all|every|treat|respond|act)|pretend (?:to be|you are)|(?:enter|enable|activate|switch to|are in|now in) (?:\w+ )?(?:developer|god|dan|unrestricted|maintenance|jailbreak) mode|jailbr[eo]ak|do anything now|no longer (?:bound|restricted|subject))",
    ),
    signal(
        "overrides the model's instructions",
        1.0,
        r"\b(?:reveal|print|repeat|output|show|share|disclose|leak|dump|return|include|provide|extract|recite|echo|send|pass|copy|put) (?:\w+ ){0,3}?(?:your|the|its|full|entire|complete|original) (?:\w+ ){0,2}?(?:system|initial|hidden|developer) (?:prompt|instructions?|message)",
        "prompt instruction message",
    ),
    signal(
        "claims to come before everything else",
        0.5,
        r"\b(?:(?:takes?|has|have|with) (?:absolute |highest |top )?(?:precedence|priority) over|overrides? (?:all|any|every|other)|highest priority|(?:must|should) (?:be followed|obey|comply)\b|(?:instructions?|rules?|directives?) (?:above|below|here|in this) (?:must|are mandatory|override|supersede))",
    ),
    # Wearing the form of a prompt
    signal(
        "imitates the markup of a prompt",
        0.6,
        r"<\s*/?\s*(?:important|system|secret|hidden|instructions?|critical|assistant|admin|prompt|override|priority|mandatory|urgent|directive|internal|note[-_ ]?to[-_ ]?\w+|sys|ai|llm|confidential|requirement|policy|cmd|command|attention|private|developer|user|context|reminder|system[-_]\w+|\w+[-_]instructions?)\s*>",
    ),
    signal(
        "imitates the markup of a prompt",
        1.0,
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|end|start_header_id|eot_id|begin_of_text)\|?>?|\[/?inst\]|<</?sys>>|\[(?:system|admin|developer)\s*(?:message|override|note|notice|prompt|instruction)?\]\s*:?|(?:^|[.!?>:] )(?:#{2,} )?(?:system|assistant) ?(?:prompt|message|instructions?|override|note|notice)?(?: to [\w ]+)? ?: ?\w|begin (?:system|hidden|secret|admin) (?:prompt|message|instruction)",
    ),
    signal(
        "hides text from who reads it rendered",
        0.5,
        r"<!--.*?-->|\[//\]: #|(?:font-size|opacity)\s*:\s*0\b|display\s*:\s*none|color\s*:\s*(?:white|transparent|#fff)|visibility\s*:\s*hidden",
    ),
    # Speaking to the model
    signal(
        "speaks to the model",
        0.3,
        r"\b(?:(?:note|message|instructions?|attention|notice|reminder|directive)s?\s*(?:to|for)?\s*:?\s*(?:the |all |any )?(?:ai|llm|language model|model|assistant|agent)s?\b|(?:dear|hey|hello) (?:ai|assistant|model|llm|claude|gpt|chatgpt|agent)|as an (?:ai|llm)|(?:ai|llm|assistant|agent|model|claude|chatgpt)s?,? (?:must|should|shall|has to|have to|needs? to|is required to|are required to|please)\b|(?:the|your) (?:assistant|ai|llm)(?:'s)? (?:response|answer|reply|context|memory))",
    ),
)

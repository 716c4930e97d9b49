"""The text keeps something from the person (SAFE-T1001, OWASP MCP03)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import NOT, PERSON, TELL

HIDING: Final = (
    # Hiding it from the person
    signal(
        "tells the model to keep something from the user",
        0.8,
        rf"\b{NOT} (?:\w+ ){{0,4}}?{TELL}\b(?:\W+\w+){{0,8}}?\W+{PERSON}",
        "user human operator owner customer client person people any them admin victim developer reviewer",
    ),
    signal(
        "tells the model to keep something from the user",
        0.7,
        r"\b(?:do not|don't|never|must not|no need to|avoid|without|should not) (?:\w+ ){0,2}?(?:mention|mentioning|reveal|revealing|disclose|disclosing|discuss|acknowledge)\b\W+(?:that|this|it|these|any of|the (?:file|fact|step|instruction|existence|process|content|source|reading|check)|you (?:first|read|did|need|have)|doing|having|how|where|in your)",
    ),
    signal(
        "tells the model to keep something from the user",
        0.8,
        r"\b(?:without (?:the |any )?(?:user|human|person|owner|customer|operator)(?:'s|s)? (?:knowledge|knowing|noticing|awareness|being aware|seeing|consent)"
        r"|(?:hide|hidden|conceal\w*|invisible|keep\w*|kept|secret|mask|withh[eo]ld|obscure) (?:\w+ ){0,5}?(?:from|to) (?:the |any |end[ -])*(?:user|human|operator|owner|customer|log|audit)s?\b"
        r"|(?:user|human|operator|customer|they) (?:must|should|does|do|need|will|would|can)\s?(?:not|n't| never) (?:ever )?(?:see|know|notice|be (?:told|informed|aware|notified|shown)|find out|learn|realize|need to know))",
    ),
    signal(
        "tells the model to keep something from the user",
        0.7,
        r"\b(?:(?:the |your |end[ -])?(?:users?|human|people|person|readers?|sender|they|customers?|operator|owner|nobody|no one) (?:need not|needn't|(?:do|does|must|should|shall|can|may|will|would) ?(?:not|n't| never) (?:ever |need to |have to |be able to )?|never |has to never |ever has to ) ?(?:know|see|hear|learn|notice|be (?:told|informed|aware|notified|shown|made aware|bothered)|find out|realize)"
        r"|(?:keep|stay|remain|be) (?:quiet|silent|mum|discreet) (?:about|on|regarding)|say nothing (?:about|to|of)|(?:do not|don't|never) bring (?:it|this|that|them) up|for (?:the )?(?:assistant|model|ai|llm|agent)(?:'s)? eyes|no (?:reason|need) to (?:tell|inform|mention|explain|bother|notify)|(?:do not|don't|never) (?:explain|say|show|display|let) (?:\w+ ){0,3}?(?:why|know|this|that you|it to (?:the )?(?:user|operator|human))"
        r"|(?:do not|don't|never) (?:show|display) (?:\w+ ){0,4}?to (?:the )?(?:user|operator|human|customer|person|anyone)|delete (?:\w+ ){0,4}?(?:evidence|trace)s?)",
    ),
    signal(
        "asks for secrecy",
        0.5,
        r"\b(?:secretly|covertly|stealthily|discreetly|surreptitiously|clandestine\w*|behind the scenes|in the background without|under the radar|keep (?:this|it|these|that) (?:\w+ )?(?:secret|confidential|private|hidden|between|internal|to yourself)|(?:this is )?a? ?secret (?:operation|instruction|task|step)|leave no trace|do not log\b|no trace|suppress (?:any |all )?(?:output|warning|log|mention|notification))",
    ),
    signal(
        "asks for secrecy",
        0.35,
        r"\b(?:silently|quietly|transparently|unobtrusively|invisibl[ey]|seamlessly) (?:\w+ )?(?:read|send|call|invoke|include|add|append|forward|copy|upload|run|execute|collect|pass|use|replace|change|redirect|modify|log|record|store|fetch|post|transmit|perform|do|attach|embed|insert)",
    ),
    signal(
        "asks for secrecy",
        0.5,
        r"\b(?:could|might|would|may|will) (?:even )?(?:upset|confuse|alarm|scare|worry|frighten|distract) (?:the )?(?:user|human|them|people)",
    ),
)

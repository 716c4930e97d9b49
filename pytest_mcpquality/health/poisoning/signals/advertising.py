"""The text advertises the tool to the model, so that it is preferred to others (preference manipulation)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import ADVERT

# In none of 12,000 descriptions of real servers are two of these together.
ADVERTISING: Final = (
    signal(
        "boasts of itself",
        0.4,
        r"\b(?:world's|industry|market)[ -](?:best|leading|first|finest|standard tool|most \w+)\b|\baward[- ]winning\b|\bbest[- ]in[- ]class\b|"
        r"#1[ -](?:ranked|rated|tool|choice|solution)|\brated #1|\bnumber one (?:tool|choice|solution)\b|\bgame[- ]changer\b|"
        r"\b(?:revolutionary|breakthrough) (?:technology|tool|new|ai|way)\b|\b(?:unmatched|unparalleled|unprecedented|unrivall?ed) (?:\w+ ){0,2}?"
        r"(?:precision|accuracy|excellence|quality|performance|speed|reliability)\b|\boutperforms? (?:all|every|any|other)\b|"
        r"\b\d+(?:x|%|times) (?:better|faster|more accurate|more reliable|superior)\b|\bscientifically proven\b|\bproven to be (?:superior|better|the best)\b|"
        r"\bthe (?:ultimate|most advanced|most accurate|most reliable|most comprehensive|very best) (?:and (?:most )?\w+ )?(?:\w+ ){0,3}?(?:tool|system|solution|service|available)\b|"
        r"\b(?:100|99(?:\.\d+)?)% (?:accura\w+|reliab\w+|success|satisfaction|customer|guaranteed)|\b(?:five|5)[- ]star reviews\b|"
        r"\bis the best (?:and \w+ (?:\w+ )?)?(?:\w+ )?(?:tool|choice|option|service)\b|\bmilitary[- ]grade accuracy\b",
        needs=(ADVERT,),
    ),
    signal(
        "claims that others trust it",
        0.4,
        r"\b(?:trusted|endorsed|recommended|loved|acclaimed|featured|praised|used) (?:\w+ )?(?:by|in|on) (?:the )?(?:(?:\w+ ){0,3}?"
        r"(?:experts?|professionals|researchers|fortune \d+|millions?|thousands|giants|labs?|united nations|magazine|journal)|leading|top|google|microsoft|"
        r"stanford|harvard|silicon valley|forbes|techcrunch|\d+(?:%| out of))\b|\b(?:over|more than) [\d.,]+ ?(?:million |thousand )?(?:users|downloads|reviews|customers)\b|"
        r"\bas seen on\b|\bthe only (?:\w+ )?(?:authorized|certified|approved|official|trusted) (?:\w+ )?(?:tool|utility|interface|service|way)\b",
        needs=(ADVERT,),
    ),
    signal(
        "presses to be chosen",
        0.4,
        r"\blimited time (?:offer|only)\b|\bact now\b|\bhurry\b|\bonly \d+ (?:uses|spots|seats|places) left\b|\b(?:access|offer) expires soon\b|\bbefore (?:access|the offer) expires\b|"
        r"\bdon't (?:fall behind|miss out|settle for|waste time with)\b|\bwhy (?:settle for|use inferior)\b|\binferior (?:tools?|alternatives?|options?)\b|"
        r"\b(?:must |always )prioriti[sz]e this (?:tool|server|one|service)\b|"
        r"\bonly (?:\w+ )?you should (?:ever )?(?:trust|use)\b|\balways (?:choose|pick|select|prioriti[sz]e) this\b|\bignore all (?:the )?other (?:\w+ )?(?:tools?|servers?|services?)\b",
        needs=(ADVERT,),
    ),
)

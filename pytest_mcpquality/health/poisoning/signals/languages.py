"""The commonest of these phrases in other languages."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal

LANGUAGES: Final = (
    # The commonest phrases in other languages
    signal(
        "overrides the model's instructions",
        1.0,
        r"ignor(?:a|e|iere|ieren|ez|er)\s(?:\w+\s){0,3}?(?:instrucciones|instruções|instrucoes|anweisungen|instructions\sprécédentes|istruzioni)|игнорируй\w*\s(?:\w+\s){0,3}?(?:инструкци|указани|правил)|忽略.{0,8}(?:指令|指示|说明|规则|提示)|無視.{0,4}(?:指示|命令)|(?:指示|命令)を無視|이전.{0,6}(?:지시|명령).{0,6}무시",
    ),
    signal(
        "tells the model to keep something from the user",
        1.0,
        r"no\s(?:le\s)?(?:digas|menciones|informes|reveles|cuentes)\s.{0,25}usuario|não\s(?:diga|mencione|informe|conte)\s.{0,25}(?:usuário|utilizador)|ne\s(?:\w+\s)?(?:dis|dites|mentionne\w*|informe\w*|révèle\w*)\spas.{0,30}utilisateur|(?:sage|erzähle?|informiere|erwähne|verrate|teile)\w*\s(?:\w+\s){0,5}?(?:benutzer|nutzer|anwender)\w*\s(?:\w+\s){0,4}?nicht|nicht\s(?:\w+\s){0,4}?(?:benutzer|nutzer|anwender)\w*\s(?:\w+\s){0,2}?(?:sagen|mitteilen|informieren|erwähnen|verraten)|не\s(?:\w+\s){0,2}?(?:сообща|говор|упомина|рассказыва|показыва|раскрыва)\w*.{0,30}пользовател|(?:不要|别|勿|切勿)(?:告诉|告知|提及|通知|透露|让).{0,10}(?:用户|使用者)|ユーザー?(?:に|には)?.{0,12}(?:言わない|伝えない|知らせない|教えない)|사용자.{0,10}(?:알리지|말하지)",
    ),
)

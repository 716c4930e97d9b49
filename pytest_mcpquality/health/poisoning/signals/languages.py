"""The commonest of these phrases in other languages, by their stems."""

from __future__ import annotations

import re
from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import SENSITIVE_FILE

_IGNORE: Final = (
    r"(?:\bignor(?:a|e|er|ez|iere|ieren|eer|uj|uj\w*)\b|\bzignoruj|\bpomiń|\bnegeer|\bnégliger?|\boublie[zr]?\b|\bolvida|\bdimentica|\besqueça|\bdesconsidere|"
    r"\bdesatiende|\bvergiss|\bmissachte|\bbortse|\bignorera|\bglem\b|\bunohda|\byok say|\bgörmezden|игнорир|забудь|تجاهل|अनदेखा|नज़रअंदाज़|무시|無視|忽略|无视|不理会|\bbỏ qua|\babaikan)"
)
_RULES: Final = (
    r"(?:instrucci|instruçõ|instruco|instruct?ion|anweisung|vorgabe|regeln|istruzion|instruc[tț]i|instruktion|instrukcj|poleceni|poleceń|instructie|talimat|yönerge|consigne|règle|"
    r"инструкц|указани|правил|التعليمات|الأوامر|निर्देश|지시|명령|지침|指示|命令|指令|说明|规则|提示|hướng dẫn|instruksi)"
)
_USER: Final = (
    r"(?:usuari|utilizador|utilisateur|benutzer|nutzer|anwender|utent|użytkownik|gebruiker|användare|bruger|käyttäj|kullanıcı|пользовател|المستخدم|उपयोगकर्ता|사용자|"  # noqa: RUF001 - Turkish
    r"ユーザー?|用户|用戶|使用者|người dùng|pengguna)"
)
_SILENT: Final = (
    r"(?:no (?:se )?(?:lo |le )?(?:comentes|digas|menciones|informes|reveles|cuentes|avises)|sin (?:avisar|decir|informar|mencionar)|não (?:diga|mencione|informe|conte|revele|avise)|sem (?:avisar|informar|dizer)|"
    r"\bn(?:e |'en )(?:\w+ ){0,2}?(?:dis|dites|mentionne\w*|informe\w*|révèle\w*|parle\w*|signale\w*) (?:pas|rien)|sans (?:le |en )?(?:dire|prévenir|informer|mentionner|avertir)|"
    r"(?:sage|erzähle?|informiere|erwähne|verrate|teile|zeige|verschweige)\b.{0,40}?\b(?:nicht|nichts)\b|verschweige|\bohne\b.{0,40}?\b(?:zu sagen|zu informieren|zu erwähnen|mitzuteilen|wissen)|"
    r"\bnicht? (?:\w+ ){0,5}?(?:sagen|mitteilen|informieren|erwähnen|verraten|wissen|erfahren)|non (?:dirlo|dire|menzionare|informare|rivelare)|senza (?:dirlo|avvisare|informare)|"
    r"nie (?:informuj|mów|wspominaj|ujawniaj|powiadamiaj)|(?:vertel|zeg|meld|noem)\b.{0,40}?\b(?:niet|niets)\b|berätta inte|nämn inte|fortæl ikke|söyleme|bildirme|bahsetme|не (?:\w+ ){0,2}?(?:сообща|говор|упомина|рассказыва|"
    r"показыва|раскрыва|нужно|должен|должна)|لا تخبر|دون إخبار|न बता|सूचित न|알리지|말하지|언급하지|(?:言わない|言わず|伝えない|知らせない|知らせず|教えない)|(?:不要|别|勿|切勿|不需要|无需|不必|请勿)(?:告诉|告知|提及|通知|透露|让|说)|"
    r"đừng (?:nói|cho)|jangan beri ?tahu)"
)
_READ: Final = (
    r"(?:\blis\b|\blisez\b|\blire\b|\bouvre\b|\blee\b|\blea\b|\babre\b|\bleia\b|\babra\b|\blies\b|\blesen\b|\böffne\b|\bleggi\b|\bapri\b|przeczytaj|otwórz|\blees\b|\boku\b|\böffna\b|прочитай|прочти|открой|считай|"
    r"اقرأ|पढ़|읽|読み|読んで|读取|讀取|打开|đọc)"
)
_HAND: Final = (
    r"(?:transmets|envoie|passe-le|insère|mets|pásal|pasa\b|envía|enviar|incluye|ponl|inseris|inserisc|invia|passa|envie|coloque|inclua|übergib|sende|schicke|gib\b|füge|trage|przekaż|wyślij|umieść|geef|stuur|gönder|"
    r"передай|отправь|вставь|أرسل|مرر|भेज|전달|보내|渡し|送信|入れ|传递|发送|傳送|放入|作为)"
)
_TALK: Final = r"(?:conversaci|conversa\b|conversación|conversation (?:complète|entière)|historique|gespräch|unterhaltung|chatverlauf|conversazion|rozmow|gesprek|konuşma|разговор|переписк|диалог|المحادثة|बातचीत|대화|会話|对话|對話|聊天)"

# Parts of words that English has not; letters beyond ASCII count as well.
_FOREIGN: Final = re.compile(
    "usuari|utilisateur|benutzer|utente|gebruiker|instrucc|istruzion|anweisung|consigne|zignoruj|ignora|ignorez|ignoriere|"
    "negeer|vergiss|envoie|sende|nicht|niets|polecen|pengguna|abaikan"
)
_LETTER: Final = re.compile("[\u00c0-\u02af\u0370-\u1fff\u2c00-\ud7ff]")


def foreign(text: str) -> bool:
    """Whether a text may be in another language than English."""
    return (_LETTER.search(text) or _FOREIGN.search(text)) is not None


# Searched in whole texts: not every script marks its sentences alike.
LANGUAGES: Final = (
    signal(
        "overrides the model's instructions",
        1.0,
        rf"{_IGNORE}.{{0,40}}?{_RULES}",
        r"(?:指示|命令|지시|निर्देश|talimatlar)\w*.{0,16}?(?:無視|무시|अनदेखा|नज़रअंदाज़|yok say|görmezden)",
    ),
    signal(
        "tells the model to keep something from the user",
        1.0,
        rf"{_SILENT}.{{0,30}}?{_USER}|{_USER}.{{0,30}}?{_SILENT}",
    ),
    signal("tells the model to keep something from the user", 0.7, _SILENT),
    signal(
        "takes a file into an argument",
        0.7,
        rf"{_READ}.{{0,60}}?(?:{SENSITIVE_FILE}|(?<![\w.])\.env\b)",
        rf"(?:{SENSITIVE_FILE}|(?<![\w.])\.env\b).{{0,60}}?{_HAND}",
    ),
    signal("asks for secrets or the conversation", 0.7, rf"{_HAND}.{{0,60}}?{_TALK}|{_TALK}.{{0,40}}?{_HAND}"),
    signal(
        "asks for secrets or the conversation",
        0.7,
        r"(?:contraseñas|mots de passe|passwörter|пароли|密码|環境変数|环境变量|비밀번호|senhas|variables d'environnement|variables de entorno|umgebungsvariablen).{0,60}?(?:https?://|@|"
        rf"{_HAND})|{_HAND}.{{0,60}}?(?:contraseñas|mots de passe|passwörter|пароли|密码|環境変数|环境变量|비밀번호|senhas|umgebungsvariablen)",
    ),
)

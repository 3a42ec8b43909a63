"""Replies in which a teacher declines to answer: they must never pass for terms, reasons or instructions."""

from __future__ import annotations

import re

# What comes before the first words that count: a thought, quotes, stars, a greeting of regret.
_THOUGHT = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_LEAD = re.compile(
    r"""[\s"'*_#>`\-]*(?:(?:hi|hello|hmm|well|okay|ok|unfortunately|regrettably|apologies|my\ apologies|no|sorry
    |i\ apologi[sz]e|(?:i'm|i\ am|we're|we\ are)\ (?:very\ |really\ |so\ |truly\ |deeply\ )?sorry)
    (?:[,.!;:*"']|\ --?|\ -)*\s*(?:but|however|as)?\b[,\s]*)*""",
    re.VERBOSE | re.IGNORECASE,
)
_NEVER = r"(?:can't|cannot|can\ not|won't|will\ not|couldn't|could\ not|may\ not|must\ not|don't|do\ not|shouldn't)"
_ABLE = r"(?:able|allowed|permitted|comfortable|going|designed|in\ a\ position|programmed|willing)"
_UNABLE = rf"(?:unable|not\ {_ABLE}|forbidden)"
_HELP = (
    r"(?:help(?!\ (?:but|feeling|imagining|loving|noticing|seeing|smiling|thinking|wondering)\b)|assist|comply|do"
    r"|provide|answer|fulfil+|generate|create|produce|write|make|give|continue|complete|offer"
    r"|engage|discuss|support|process|respond|share|suggest|recommend|participate|proceed|determine|access|view|see"
    r"|describe|identify|analy[sz]e|have\ (?:the\ ability|access|enough)|feel\ comfortable|be\ able)"
)
_DECLINES = re.compile(
    rf"""(?:
      (?:i|we)\ (?:(?:really|simply|just|also)\ )?{_NEVER}\ (?:\w+\ ){{0,2}}?{_HELP}\b
    | (?:i'm|i\ am|we're|we\ are)\ (?:\w+\ ){{0,2}}?{_UNABLE}\b
    | (?:i|we)\ (?:must|have\ to|will\ have\ to|need\ to|respectfully|would\ (?:rather|prefer))\ (?:\w+\ ){{0,2}}?
      (?:decline|refuse|refrain|not\b)
    | (?:i|we)\ (?:decline|refuse)\b
    | (?:as|being)\ an?\ (?:\w+\ ){{0,3}}?
      (?:ai|artificial\ intelligence|language\ model|assistant(?=,?\ i\b)|chatbot|llm)\b
    | (?:i'm|i\ am)\ (?:just\ |only\ |merely\ )?an?\ (?:\w+\ ){{0,3}}?(?:ai|language\ model|chatbot|llm)\b
    | (?:this|that|the|your)\ (?:request|prompt|content|question|query)\ (?:\w+\ ){{0,3}}?
      (?:violates|goes\ against|is\ (?:against|inappropriate|not\ (?:allowed|permitted|appropriate|something)))
    | it\ (?:is|would\ be)\ (?:not\ (?:appropriate|possible|ethical)|inappropriate|unethical|against)
      \ (?:\w+\ ){{0,2}}?(?:to|my|our|for\ me)\b
    | (?:it's|it\ is)\ against\ my\b
    | there\ (?:is|'s)\ not\ enough\ information\b
    | request\ (?:refused|denied|declined)\b
    | content\ (?:policy\b|filtered\b|filter\b|warning\s*[:.!-])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_SORRY_ONLY = re.compile(
    r"""[\s"'*]*(?:i'm\ |i\ am\ )?(?:very\ |so\ )?sorry[\s.!,"'*]*\Z""", re.VERBOSE | re.IGNORECASE
)
_CHINESE = re.compile(
    r"[\s*\"“]*(?:(?:很|非常|十分|实在)?(?:抱歉|对不起|遗憾)|作为(?:一个|一名|一款)?(?:人工智能|AI|语言模型|大语言模型|助手)"
    r"|(?:我|本人)?(?:无法|不能|没有办法)(?:提供|回答|协助|帮助|完成|满足|生成|处理|为))"
)
_JSON = re.compile(r"\s*(?:```\w*\s*)?[\[{]")
SHOWN = 120  # characters of a refusal in a reason


def refusal(text: str, prefix: str = "") -> str | None:
    """Return the opening words of a refusal, or None if the reply (behind what it was begun with) is none.

    What begins as JSON, in a code fence or not, is left to whoever reads it, and so are refusals within it. Only the
    beginning is looked at, behind a thought in <think> tags: later words may well be about what somebody cannot do.
    """
    spoken = prefix + text
    if (thought := _THOUGHT.match(spoken)) is not None:
        spoken = spoken[thought.end() :]
    if _JSON.match(spoken):
        return None
    plain = spoken.replace("\u2019", "'").replace("\u2018", "'")
    lead = _LEAD.match(plain)
    start = lead.end() if lead else 0
    if _DECLINES.match(plain, start) or _SORRY_ONLY.match(plain) or _CHINESE.match(plain):
        return " ".join(spoken.split())[:SHOWN]
    return None

"""A language as Open Graph writes it: with a territory, `de_DE`."""

from __future__ import annotations

_TERRITORIES = {
    "ar": "AR", "ca": "ES", "cs": "CZ", "cy": "GB", "da": "DK", "el": "GR", "en": "US", "eo": "EO",
    "et": "EE", "eu": "ES", "fa": "IR", "ga": "IE", "gl": "ES", "he": "IL", "hi": "IN", "ja": "JP",
    "ko": "KR", "nb": "NO", "nn": "NO", "no": "NO", "sl": "SI", "sq": "AL", "sr": "RS", "sv": "SE",
    "uk": "UA", "ur": "PK", "vi": "VN", "zh": "CN",
}  # fmt: skip
"""Where a language without a territory isn't that of the country with the same letters."""


def og_locale(language: str) -> str:
    """'de' → 'de_DE', 'en' → 'en_US', 'pt-br' → 'pt_BR', 'zh-Hant-TW' → 'zh_TW'."""
    name, *rest = language.replace("_", "-").split("-")
    name = name.lower()
    territories = [part.upper() for part in rest if len(part) == 2 and part.isalpha()]
    return f"{name}_{(territories or [_TERRITORIES.get(name, name.upper())])[0]}"

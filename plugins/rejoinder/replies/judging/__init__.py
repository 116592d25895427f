"""Whether a reply is published, waits, or is spam; each judgement says which rule made it."""

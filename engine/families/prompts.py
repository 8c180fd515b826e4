"""How prompts are counted in tokens."""


def token_count(tokenizer: object, prompt: str) -> int:
    """How many tokens the prompt has, special ones included."""
    return len(tokenizer(prompt, truncation=False, verbose=False).input_ids)  # type: ignore[operator]  # transformers has no types here

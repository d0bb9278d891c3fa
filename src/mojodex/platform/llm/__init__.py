"""Language models: our words for them, one way to call them, and what each call cost."""

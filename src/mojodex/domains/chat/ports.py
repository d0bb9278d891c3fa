"""What chat needs from above: assistants, registered by kind."""

"""Pure rules of chat: what a model is shown of a conversation, where its words go."""

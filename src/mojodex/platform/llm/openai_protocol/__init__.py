"""Every endpoint that speaks OpenAI's chat protocol: OpenAI, Azure, Mistral, Groq, Ollama, vLLM…"""

from mojodex.platform.llm.openai_protocol.engine import OpenAIEngine

__all__ = ["OpenAIEngine"]

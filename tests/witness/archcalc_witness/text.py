"""Models of text by the transformers library, from their configurations alone: no weights are loaded."""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from archcalc_witness.recurrent import Numbers


def _of_transformers(model: nn.Module) -> nn.Module:
    """With a mask that hides nothing, since the library looks into data to make its own."""

    def read(model: nn.Module, found: Any) -> Any:
        return model(inputs_embeds=found, attention_mask=found.new_zeros(1, 1, found.shape[1], found.shape[1]))

    return Numbers(model.get_input_embeddings(), model, read)  # type: ignore[operator]


class SelfAttention(nn.Module):
    """The attention of BERT with its last projection, without the addition and the norm after it."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.heads, self.out = attention.self, attention.output.dense

    def forward(self, x: Any, mask: Any) -> Any:
        return self.out(self.heads(x, mask)[0])


class PostNorm(nn.Module):
    """The same in its place: its output is added to its input, and normalised."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.attention, self.norm = SelfAttention(attention), attention.output.LayerNorm

    def forward(self, x: Any, mask: Any = None, *_: Any, **__: Any) -> Any:
        return self.norm(self.attention(x, mask) + x), None


def bert(**sizes: int) -> nn.Module:
    """transformers.BertModel with its pooler; the last projection of attention belongs to it, and not to the norm."""
    model = BertModel(BertConfig(attn_implementation="eager", **sizes))
    for layer in model.encoder.layer:
        layer.attention = PostNorm(layer.attention)
    return _of_transformers(model)


def gpt2(**sizes: int) -> nn.Module:
    """transformers.GPT2LMHeadModel."""
    return _of_transformers(GPT2LMHeadModel(GPT2Config(attn_implementation="eager", **sizes)))


def llama(**sizes: int) -> nn.Module:
    """transformers.LlamaForCausalLM."""
    return _of_transformers(LlamaForCausalLM(LlamaConfig(attn_implementation="eager", **sizes)))

"""Supervised fine-tuning by TRL, for ``trl:PATH`` students: the trainer that most people who distil text use.

Text alone: TRL's trainer knows no recorded log-probabilities. It learns the same words as the lab's own
loop, those of the responses, so that a difference between the two is the trainer's.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from stillwatch.core import BadSetting, MissingDependency
from stillwatch.lab.exposures import Responses
from stillwatch.lab.teachers import load_tokenizer
from stillwatch.lab.training import Recipe

__all__ = ["fine_tune"]

_IGNORED = -100


def fine_tune(model: Any, data: Responses, recipe: Recipe, seed: int) -> list[float]:
    """Train ``model`` in place on the text of some exchanges, and return its loss at every step, nats a word.

    Args:
        model: a transformers causal language model that was read from a folder with its tokenizer.
        data: what an attacker got; at least one exchange.
        recipe: steps, batch, learning rate, warm-up, weight decay, beta2 and clip; cosine, as the lab's own loop.
        seed: of the order in which exchanges are seen.

    Raises:
        MissingDependency: TRL is not installed.
        BadSetting: log-probabilities were asked for.
    """
    if any(one.top_ids is not None or one.dense_logits is not None for one in data.shown):
        raise BadSetting(
            "TRL's trainer learns from text and cannot use log-probabilities",
            where="setting exposures",
            hint="use text+cot, summary-P, text or answer-only, or student = 'hf:PATH'",
        )
    try:
        from datasets import Dataset  # noqa: PLC0415 - optional, and slow to load
        from trl import SFTConfig, SFTTrainer  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependency(
            "trl: students need TRL", where="setting student", hint="pip install 'stillwatch[sft]'"
        ) from error
    rows = Dataset.from_dict(
        {
            "input_ids": [[*p, *one.ids] for p, one in zip(data.prompts, data.shown, strict=True)],
            "labels": [[_IGNORED] * len(p) + list(one.ids) for p, one in zip(data.prompts, data.shown, strict=True)],
        }
    )
    with tempfile.TemporaryDirectory() as scratch:
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(output_dir=scratch, **_arguments(recipe, seed, on_cpu=model.device.type == "cpu")),
            train_dataset=rows,
            processing_class=_tokenizer(model),
        )
        trainer.train()
    model.eval()
    return [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]


def _arguments(recipe: Recipe, seed: int, *, on_cpu: bool) -> dict[str, Any]:
    return {
        "max_steps": recipe.steps,
        "per_device_train_batch_size": recipe.batch,
        "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay,
        "adam_beta2": recipe.beta2,
        "warmup_steps": recipe.warmup,
        "lr_scheduler_type": "cosine",
        "max_grad_norm": recipe.clip,
        "seed": seed,
        "use_cpu": on_cpu,
        "bf16": False,
        "activation_checkpointing": False,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "max_length": None,
        "dataset_num_proc": None,
        "dataloader_pin_memory": not on_cpu,
    }


def _tokenizer(model: Any) -> Any:
    tokenizer = load_tokenizer(Path(model.name_or_path))
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer

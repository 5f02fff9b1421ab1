"""Finds adversarial distillation of language models in request logs, with evidence."""

"""From a card to an untrained network (Keras)."""

from __future__ import annotations

import keras

from ivea_fiji.networks.card import LstmConfig, ModelCard
from ivea_fiji.networks.evit import build_evit
from ivea_fiji.networks.lstm import build_lstm


def build_network(card: ModelCard) -> keras.Model:
    """Build the network a card describes, untrained; `ModelError` if only its graph is known."""
    if isinstance(card.config, LstmConfig):
        return build_lstm(card.config, len(card.classes))
    return build_evit(card.evit, len(card.classes))

"""The nouns: frozen values that carry their notation. Nothing here touches the world."""

"""The image-to-image engine. Its front (params, events, errors, protocol, client) is torch-free."""

"""The shells of a node: configuration, listener, forwarder and the serving process."""

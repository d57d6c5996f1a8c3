"""One file a screen: authorize, clean, call one builder or command, choose page or fragment, respond."""

"""What sources share: what a source is, reading of bodies, verifiers, envelopes. No word of a CI tool."""

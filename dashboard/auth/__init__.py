"""Who somebody is and what they may do. Django's hashers and validators, our own users and sessions on the store."""

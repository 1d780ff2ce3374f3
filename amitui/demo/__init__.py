"""An embedded EC2 on 127.0.0.1 and the catalogue it serves. Everything here is simulated."""

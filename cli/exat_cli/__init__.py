"""The command `exat`: documents, certificates, mail nodes and letters from one command line."""

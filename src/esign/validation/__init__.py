"""Validation: a verdict on a signature or a certificate, with every reason, and never by mistake a good one.

The procedure is that of EN 319 102-1 cl. 5 for signatures and of RFC 5280 §6 for certification paths. Bytes,
trust and a time go in, a report comes out; nothing here fetches, reads a clock or raises on hostile input.
"""

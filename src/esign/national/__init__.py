"""What is Uzbek and nobody else's: numbers of people and organisations, and the profile of certificates.

The algorithms are rows of `esign.algorithms`, the key is read by `esign.public_keys`; here stands what the
certificates of the country's authorities say in their own way.
"""

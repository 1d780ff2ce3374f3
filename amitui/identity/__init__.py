"""Who acts and where: profile, credentials, region and endpoint, resolved as botocore resolves them.

Nothing of botocore is imported: a start must not wait for it, and safety marks, catalogues and journals have to
know before anything is sent. `tests/unit/test_identity_against_botocore.py` proves that both come to the same.
"""

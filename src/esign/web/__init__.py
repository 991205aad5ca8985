"""SHELL: what an authority shows to the world over HTTP, as Starlette applications.

`publication` gives out lists, checkpoints and certificates of issuers, `ocsp` answers about certificates,
`timestamps` makes time stamps; `services` holds what they need for the folder of an authority, `application`
puts them together, `serving` runs them. None of them decides anything: what is answered is said by
`esign.ca.answers` and `esign.tsa`, what is published by `esign.io.authority`.

    with Services(folder, passphrase) as services:
        app = application(services)                          # or mount its parts in an application of yours
"""

"""The shells of the library: clock, files, the register's database. They hold no rule, only access to the
world.
"""

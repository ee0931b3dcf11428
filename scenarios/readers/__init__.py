"""From files and frames to a tape: `market.read_market` is the way in.

The path of one file: `sources` opens it, `columns` names its columns and says what kind of rows it
holds, `contracts` picks the expiry, `times`, `numbers`, `rows` and `sides` turn cells into integers
and refuse what is wrong, `cleaning` is what a user may allow, `merge` makes one order of all.
"""

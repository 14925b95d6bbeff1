// Who works with monitors works with what checks are made of.
@_exported public import Checks

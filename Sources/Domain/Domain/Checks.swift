// Code that works with monitors also needs the types of checks.
@_exported public import Checks

"""x."""


def entry(item, context):
    yield {}

"""x."""


def employee(item, context):
    yield {}


def figures(item, context):
    yield {}

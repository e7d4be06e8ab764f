"""Rekognition, which ministack does not have."""


def is_asked(scope):
    return False


async def answer(scope, receive, send):
    raise NotImplementedError

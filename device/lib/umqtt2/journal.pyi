from .client import Memory

class Journal(Memory):
    path: str
    def __init__(self, path: str = "/mqtt", slots: int = 8, late: bool = False) -> None: ...

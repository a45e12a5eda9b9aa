DOOR = None

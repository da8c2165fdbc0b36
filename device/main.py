import app

for _ in app.loop():
    pass

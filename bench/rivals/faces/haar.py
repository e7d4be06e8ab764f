"""OpenCV's Haar cascade with the usual parameters: `haar.py REPEATS FILE...`.

Prints [{faces, detect_ms}] as JSON. Needs `pip install 'opencv-python-headless<5'` (5 has no cascades).
"""
import json
import sys
import time

import cv2

cv2.setNumThreads(1)
repeats = int(sys.argv[1])
cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
results = []
for path in sys.argv[2:]:
    grey = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2GRAY)
    times = []
    for _ in range(max(1, repeats)):
        start = time.perf_counter()
        faces = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(40, 40))
        times.append((time.perf_counter() - start) * 1e3)
    results.append({"faces": [[float(n) for n in face] for face in faces], "detect_ms": times})
print(json.dumps(results))

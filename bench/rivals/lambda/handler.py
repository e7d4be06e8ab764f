"""A common face detector: the import of the module creates boto3's clients and OpenCV's cascade."""

import boto3
import cv2

s3 = boto3.client("s3", region_name="us-east-1")
table = boto3.resource("dynamodb", region_name="us-east-1").Table("faces")
cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")


def handler(event, context):
    return {"batchItemFailures": []}

"""A face detector as it is commonly deployed: boto3's clients and OpenCV's cascade, made when the module is imported."""

import boto3
import cv2

s3 = boto3.client("s3", region_name="us-east-1")
table = boto3.resource("dynamodb", region_name="us-east-1").Table("faces")
cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")


def handler(event, context):
    return {"batchItemFailures": []}

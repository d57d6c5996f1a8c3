"""A CloudFormation template that sends CodePipeline's state changes to a webhook: one stack an account and region.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable

# As long as SQS keeps a message.
KEPT_SECONDS = 14 * 24 * 3600
# The most that EventBridge tries.
TRIED_SECONDS, TRIES = 24 * 3600, 185
# Of an API destination, posts a second.
MOST_A_SECOND = 50

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  Sends the state changes of all pipelines of this account and region to Big Transit.

Parameters:
  WebhookUrl:
    Type: String
    Description: The webhook URL of the connection in Big Transit.
    Default: {url}
    AllowedPattern: "https://.+"
    ConstraintDescription: EventBridge posts to https addresses alone.
  WebhookSecret:
    Type: String
    Description: The secret of that connection. To change it, update this stack with the new one.
    NoEcho: true
    MinLength: 16

Resources:
  StateChanges:
    Type: AWS::Events::Rule
    Properties:
      Description: State changes of executions, stages and actions of CodePipeline, to Big Transit.
      EventPattern:
        source:
          - aws.codepipeline
        detail-type:
{kinds}
      Targets:
        - Id: big-transit
          Arn: !GetAtt Webhook.Arn
          RoleArn: !GetAtt SendingRole.Arn
          RetryPolicy:
            MaximumEventAgeInSeconds: {tried_seconds}
            MaximumRetryAttempts: {tries}
          DeadLetterConfig:
            Arn: !GetAtt NotDelivered.Arn

  Webhook:
    Type: AWS::Events::ApiDestination
    Properties:
      Description: The webhook of Big Transit.
      ConnectionArn: !GetAtt WebhookSecretHeader.Arn
      HttpMethod: POST
      InvocationEndpoint: !Ref WebhookUrl
      InvocationRateLimitPerSecond: {most_a_second}

  WebhookSecretHeader:
    Type: AWS::Events::Connection
    Properties:
      Description: The secret by which Big Transit knows this account.
      AuthorizationType: API_KEY
      AuthParameters:
        ApiKeyAuthParameters:
          ApiKeyName: X-Api-Key
          ApiKeyValue: !Ref WebhookSecret

  SendingRole:
    Type: AWS::IAM::Role
    Properties:
      Description: Lets EventBridge post to the webhook of Big Transit, and nothing else.
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: events.amazonaws.com
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
      Policies:
        - PolicyName: post-to-webhook
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: events:InvokeApiDestination
                Resource: !GetAtt Webhook.Arn

  NotDelivered:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      MessageRetentionPeriod: {kept_seconds}
      SqsManagedSseEnabled: true

  NotDeliveredPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - !Ref NotDelivered
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: events.amazonaws.com
            Action: sqs:SendMessage
            Resource: !GetAtt NotDelivered.Arn
            Condition:
              ArnEquals:
                aws:SourceArn: !GetAtt StateChanges.Arn

Outputs:
  NotDeliveredQueue:
    Description: What could not be delivered within a day waits here for two weeks.
    Value: !Ref NotDelivered
"""


def template(url: str, kinds: Iterable[str]) -> str:
    """As YAML. `kinds`: detail types of events. It holds no secret: that is asked for as the stack is made."""
    return TEMPLATE.format(
        url=json.dumps(url),
        kinds="\n".join(f"          - {kind}" for kind in kinds),
        tried_seconds=TRIED_SECONDS,
        tries=TRIES,
        most_a_second=MOST_A_SECOND,
        kept_seconds=KEPT_SECONDS,
    )

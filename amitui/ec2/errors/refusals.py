"""The error codes with which EC2 documents that it refused a request and did nothing.

Source: the EC2 API reference's errors-overview page, "Client error codes" and "Error codes for specific actions",
as far as they can concern a call of a plan, and codes that were seen in EC2's own refusals. A code that is neither
here nor in `codes.BY_CODE` proves nothing: the call may have happened.
"""

from __future__ import annotations

from typing import Final

REFUSALS: Final = frozenset(
    {
        # About any request.
        *(
            "DryRunOperation",
            "InvalidAction",
            "InvalidCharacter",
            "InvalidHttpAuthHeader",
            "InvalidPaginationToken",
        ),
        *(
            "InvalidParameter",
            "InvalidParameterCombination",
            "InvalidParameterDependency",
            "InvalidParameterValue",
        ),
        *(
            "InvalidQueryParameter",
            "InvalidRequest",
            "InvalidInput",
            "InvalidID",
            "InvalidFormat",
            "InvalidTagKey",
        ),
        *("MalformedQueryString", "MissingAction", "MissingInput", "MissingParameter", "NoSuchVersion"),
        *("UnknownParameter", "UnknownPrincipalType.Unsupported", "UnsupportedProtocol", "UnsupportedOperation"),
        *("UnsupportedTenancy", "UnsupportedHibernationConfiguration", "UnsupportedHostConfiguration"),
        *("ValidationError", "AccountDisabled", "AuthorizationFailure", "DependencyViolation"),
        *(
            "RequestResourceCountExceeded",
            "ReadOnlyBySCP",
            "OperationNotPermittedException",
            "InvalidStateTransition",
        ),
        *(
            "InvalidState",
            "InvalidRegion",
            "InvalidUserID.Malformed",
            "InvalidServiceName",
            "DeclarativePolicyViolation",
        ),
        *("ConcurrentModification", "TagLimitExceeded", "InvalidFilter", "InvalidMaxResults", "InvalidDryRun"),
        # Images, snapshots, volumes, keys of KMS, buckets.
        *(
            "InvalidAMIID.Malformed",
            "InvalidAMIID.NotFound",
            "InvalidAMIID.Unavailable",
            "InvalidAMIName.Duplicate",
        ),
        *("InvalidAMIName.Malformed", "InvalidAMIAttributeItemValue", "AMIQuotaExceeded", "AmiLimitExceeded"),
        *("ImageQuotaExceeded", "InvalidImageID.Malformed", "InvalidBlockDeviceMapping", "InvalidDevice.InUse"),
        *(
            "InvalidSnapshot.InUse",
            "InvalidSnapshot.NotFound",
            "InvalidSnapshotID.Malformed",
            "InvalidSnapshotID.NotFound",
        ),
        *(
            "InvalidVolume.NotFound",
            "InvalidVolumeID.Duplicate",
            "InvalidVolumeID.Malformed",
            "InvalidVolume.ZoneMismatch",
        ),
        *("InvalidVolumeID.ZoneMismatch", "IncorrectVolumeState", "VolumeInUse", "VolumeTypeNotAvailableInZone"),
        *(
            "UnknownVolumeType",
            "MaxIOPSLimitExceeded",
            "VolumeLimitExceeded",
            "VolumeIOPSLimit",
            "SnapshotLimitExceeded",
        ),
        *(
            "PendingSnapshotLimitExceeded",
            "ConcurrentSnapshotLimitExceeded",
            "SnapshotCopyUnsupported.InterRegion",
        ),
        *(
            "EncryptedVolumesNotSupported",
            "InvalidKmsKey.InvalidState",
            "InvalidKmsKeyId",
            "KMSKeyNotAccessibleFault",
        ),
        *(
            "KmsKeyNotAccessible",
            "InvalidManifest",
            "InvalidS3Uri",
            "InvalidS3Bucket",
            "InvalidBucketName",
            "NoSuchBucket",
        ),
        *("NoSuchKey", "InvalidStorageLocation", "S3BucketNotFound", "CannotDelete", "ResourceNotFound"),
        *(
            "BlockPublicAccess",
            "BlockPublicAccessEnabled",
            "InvalidOrganizationArn",
            "InvalidOrganizationalUnitArn",
        ),
        # Instances and where they run.
        *(
            "InvalidInstanceID",
            "InvalidInstanceID.Malformed",
            "InvalidInstanceID.NotFound",
            "InvalidInstanceID.NotLinkable",
        ),
        *(
            "InvalidInstanceType",
            "InstanceTypeNotSupported",
            "InvalidInstanceAttributeValue",
            "InvalidAvailabilityZone",
        ),
        *("InvalidZone.NotFound", "InvalidHostID.NotFound", "InvalidHostId", "InvalidPlacementGroup.Unknown"),
        *(
            "InvalidPlacementGroup.InUse",
            "PlacementGroupLimitExceeded",
            "IncorrectSpotRequestState",
            "InvalidSpotRequest",
        ),
        *("SpotMaxPriceTooLow", "SpotInstanceRequestLimitExceeded", "InvalidCapacityReservationId.NotFound"),
        *(
            "InvalidCapacityReservationId.Malformed",
            "ReservationCapacityExceeded",
            "InstanceCreditSpecification.NotSupported",
        ),
        *(
            "InvalidCpuCredits",
            "InvalidInstanceCreditSpecification",
            "InvalidKernelId.Malformed",
            "InvalidRamdiskId.Malformed",
        ),
        *("InvalidAMIPlatform", "NetworkInterfaceLimitExceeded", "InvalidTenancy", "InvalidInstanceFamily"),
        # What they are launched with.
        *("InvalidKeyPair.NotFound", "InvalidKeyPair.Duplicate", "InvalidKeyPair.Format", "InvalidKey.Format"),
        *("InvalidGroup.Duplicate", "InvalidGroup.InUse", "InvalidGroup.NotFound", "InvalidGroup.Reserved"),
        *(
            "InvalidGroupId.Malformed",
            "InvalidGroupName.Malformed",
            "InvalidGroupNameMalformed",
            "SecurityGroupLimitExceeded",
        ),
        *("SecurityGroupsPerInstanceLimitExceeded", "SecurityGroupsPerInterfaceLimitExceeded"),
        *("RulesPerSecurityGroupLimitExceeded", "InvalidPermission.Duplicate", "InvalidPermission.Malformed"),
        *("InvalidPermission.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidSecurity.RequestHasExpired"),
        *(
            "InvalidSubnet",
            "InvalidSubnetID.NotFound",
            "InvalidSubnet.Conflict",
            "InsufficientFreeAddressesInSubnet",
        ),
        *("InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "VPCIdNotSpecified", "VPCResourceNotSpecified"),
        *(
            "DefaultVpcDoesNotExist",
            "MissingDefaultVpc",
            "InvalidIPAddress.InUse",
            "InvalidNetworkInterfaceID.NotFound",
        ),
        *(
            "InvalidInterface.IpAddressLimitExceeded",
            "InvalidPrefixListId.NotFound",
            "InvalidPrefixListID.NotFound",
        ),
        *("InvalidIamInstanceProfileArn.Malformed", "InvalidIamInstanceProfile", "InvalidUserData.Malformed"),
        *(
            "InvalidLaunchTemplateId.Malformed",
            "InvalidLaunchTemplateId.NotFound",
            "InvalidLaunchTemplateId.VersionNotFound",
        ),
        *("InvalidLaunchTemplateName.AlreadyExistsException", "InvalidLaunchTemplateName.MalformedException"),
        *(
            "InvalidLaunchTemplateName.NotFoundException",
            "LaunchTemplateLimitExceeded",
            "LaunchTemplateVersionLimitExceeded",
        ),
        *("InvalidUserData", "InvalidMetadataOptions", "InvalidClientToken", "SsmInvalidParameter"),
        # Auto Scaling and Systems Manager, by the errors of their models.
        *("ActiveInstanceRefreshNotFound", "InstanceRefreshInProgress", "IrreversibleInstanceRefresh"),
        *("LimitExceeded", "ResourceContention", "ScalingActivityInProgress", "ValidationException"),
        *("ParameterAlreadyExists", "ParameterNotFound", "ParameterLimitExceeded", "UnsupportedParameterType"),
        *("ParameterMaxVersionLimitExceeded", "ParameterPatternMismatchException", "TooManyUpdates"),
        *("HierarchyLevelLimitExceededException", "HierarchyTypeMismatchException"),
    }
)

PASSING: Final = frozenset(
    {
        *("IncorrectState", "IncorrectInstanceState", "InvalidStateTransition", "IncorrectVolumeState"),
        *("InsufficientInstanceCapacity", "InsufficientCapacity", "InsufficientHostCapacity", "Unsupported"),
        *(
            "InsufficientReservedInstanceCapacity",
            "InsufficientVolumeCapacity",
            "InsufficientFreeAddressesInSubnet",
        ),
        *("InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded", "ResourceLimitExceeded"),
        *("DependencyViolation", "ConcurrentModification", "PendingVerification", "ConcurrentTagAccess"),
        *("InstanceRefreshInProgress", "ResourceContention", "ScalingActivityInProgress", "TooManyUpdates"),
    }
)
"""Refusals that may be over some minutes later: a call that must succeed is sent again."""

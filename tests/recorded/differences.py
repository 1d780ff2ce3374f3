"""Where the simulated EC2's answers differ from published ones, and why that is left so."""

from __future__ import annotations

from typing import Final, NamedTuple


class Known(NamedTuple):
    """Differences with one reason."""

    operation: str
    """Or `*` for some of a service: `ec2:Describe*`."""
    paths: tuple[str, ...]
    """`*` stands for anything."""
    reason: str


_INSTANCES: Final = "Reservations[].Instances[]"
_DATA: Final = "LaunchTemplateData"

LACKING: Final = (
    Known(
        "autoscaling:DescribeAutoScalingGroups",
        tuple(
            f"AutoScalingGroups[].{one}"
            for one in (
                *("AvailabilityZoneDistribution.*", "CapacityRebalance", "CapacityReservationSpecification.*"),
                *("DesiredCapacityType", "EnabledMetrics[]*", "InstanceLifecyclePolicy.*", "LoadBalancerNames[]"),
                *("MaxInstanceLifetime", "MixedInstancesPolicy.*", "SuspendedProcesses[]*"),
            )
        ),
        "not simulated, and not read by amitui: load balancers, metrics, lifecycle policies and more",
    ),
    Known(
        "autoscaling:DescribeAutoScalingGroups",
        ("AutoScalingGroups[].VPCZoneIdentifier",),
        "the demo's groups name their zones in place of subnets",
    ),
    Known(
        "autoscaling:DescribeInstanceRefreshes",
        ("InstanceRefreshes[].Preferences.ScaleInProtectedInstances", "*.StandbyInstances"),
        "not simulated: protection from scale-in and Standby",
    ),
    Known(
        "autoscaling:DescribeLaunchConfigurations",
        ("LaunchConfigurations[].BlockDeviceMappings[].*",),
        "as they were created here: without a snapshot, a virtual name or NoDevice",
    ),
    Known(
        "ec2:*LaunchTemplateVersion*",
        (
            *(f"*.{_DATA}.NetworkInterfaces[].Ipv6Addresses[]*", f"*.{_DATA}.NetworkInterfaces[].SubnetId"),
            *(f"*.{_DATA}.BlockDeviceMappings[].Ebs.Encrypted", f"*.{_DATA}.BlockDeviceMappings[].Ebs.SnapshotId"),
        ),
        "as they were created here: a template is given back as it is",
    ),
    Known("ec2:DescribeInstanceImageMetadata", ("*.ZoneId",), "not simulated, and not read by amitui"),
    Known(
        "ec2:DescribeInstances",
        tuple(
            f"{_INSTANCES}.{one}"
            for one in (
                *("BlockDeviceMappings[].Ebs.EbsCardIndex", "CapacityReservationSpecification.*", "CpuOptions.*"),
                *("CurrentInstanceBootMode", "EnclaveOptions.*", "HibernationOptions.*", "IamInstanceProfile.*"),
                *("InstanceLifecycle", "KernelId", "MaintenanceOptions.*", "NetworkInterfaces[].*"),
                *("NetworkPerformanceOptions.*", "Operator.*", "Placement.AvailabilityZoneId"),
                *("PrivateDnsNameOptions.*", "SpotInstanceRequestId", "UsageOperationUpdateTime"),
            )
        ),
        "moto's instances, which do not know it, or do not have it here: no profile, Spot, kernel or enclave",
    ),
    Known("ec2:DescribeInstances", ("Reservations[].RequesterId",), "nobody launches for others here"),
    Known(
        "ec2:RunInstances",
        (
            *("Instances[].CapacityReservationSpecification.*", "Instances[].CpuOptions.*"),
            *("Instances[].NetworkInterfaces[].PrivateIpAddresses[].PrivateDnsName", "Instances[].StateReason.*"),
        ),
        "moto's instances, which do not know it",
    ),
    Known(
        "ec2:DescribeSnapshotAttribute",
        ("CreateVolumePermissions[].Group",),
        "no snapshot is public here: block public access is on",
    ),
    Known("service-quotas:Get*", ("Quota.UsageMetric.*",), "not simulated: CloudWatch; amitui counts instances"),
    Known("ssm:DescribeParameters", ("Parameters[].Policies[].*",), "not simulated: parameter policies"),
    Known("ssm:DescribeParameters", ("Parameters[].KeyId",), "none is a SecureString here"),
    Known("sts:AssumeRole", ("PackedPolicySize",), "no session policy is given"),
)
"""Members of published answers that the simulated ones do not have."""

OTHERWISE: Final = (
    Known(
        "ec2:RunInstances",
        (
            *("Instances[].ClientToken", "Instances[].NetworkInterfaces[].Description"),
            *("Instances[].PublicDnsName",),
        ),
        "empty in the published answers: boto3 sends a token, and moto's instances have a name at once",
    ),
    Known("ec2:DescribeLaunchTemplateVersions", (f"*.{_DATA}.UserData",), "the published one is empty"),
)
"""Members whose values have another form."""

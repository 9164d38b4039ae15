"""The benchmark lab: regions in network namespaces, links between them, deployctl and its peers on the same inputs."""

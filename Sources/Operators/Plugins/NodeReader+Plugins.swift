extension NodeReader {
  /// Throws when the node asks for another version of its plugin: TensorRT's parser finds a plugin
  /// by its name, `plugin_version` and `plugin_namespace`.
  mutating func expectPluginVersion(_ version: String) throws {
    ignore("plugin_namespace")
    if let found = try string("plugin_version"), found != version {
      throw OperatorError("attribute plugin_version is '\(found)', expected '\(version)'")
    }
  }
}

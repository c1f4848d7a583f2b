import BoxMath
import Tensors

extension NodeReader {
  /// The attributes of a plugin's node, those that its creator does not ask for left aside.
  ///
  /// - Throws: when the node asks for another version of its plugin: TensorRT's parser finds a
  ///   plugin by its name, `plugin_version` and `plugin_namespace`.
  mutating func pluginAttributes(version: String) throws -> PluginNode {
    if let found = try string("plugin_version"), found != version {
      throw OperatorError(
        "attribute plugin_version is '\(shown: found)', expected '\(shown: version)'")
    }
    return ignoringAttributes()
  }
}

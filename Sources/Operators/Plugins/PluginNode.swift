import BoxMath
import ONNXGraph

/// A plugin's node as TensorRT's ONNX parser (onnx-tensorrt) hands it to the plugin's creator.
///
/// The parser looks up the fields that the creator names, each with a type and a length; an attribute
/// that no field names is never looked at. INT and INTS both become 32-bit integers and FLOAT and
/// FLOATS 32-bit floats, and of a field that holds one number the creator reads the first. A list of
/// several numbers for one is refused here, and so is another type.
package struct PluginNode: PluginAttributes {
  private let node: Node
  /// The attributes that were asked for.
  private(set) var asked: Set<String> = ["plugin_version", "plugin_namespace"]
  /// Of those, lists of one number that were read as the number.
  private(set) var listsOfOne: [String] = []

  package init(_ node: Node) { self.node = node }

  package mutating func int(_ name: String) throws -> Int? {
    asked.insert(name)
    guard case .ints(let values)? = node.attributes[name], values.count == 1 else {
      return try node.int(name)
    }
    listsOfOne.append(name)
    return Int(values[0])
  }

  package mutating func float(_ name: String) throws -> Float? {
    asked.insert(name)
    guard case .floats(let values)? = node.attributes[name], values.count == 1 else {
      return try node.float(name)
    }
    listsOfOne.append(name)
    return values[0]
  }

  package mutating func floats(_ name: String) throws -> [Float]? {
    asked.insert(name)
    return try node.floats(name)
  }
}

/// An operator that TensorRT has as a plugin.
package protocol PluginOperator: Operator {
  /// Reads every attribute that the plugin's creator asks for.
  static func readParameters(_ attributes: inout PluginNode) throws
}

/// An attribute that TensorRT reads otherwise than it is written.
package struct PluginRemark: Sendable, Equatable {
  package let text: String
  package let remedy: String
}

extension Node {
  /// What is to be said of the attributes of a plugin's node, by their names; none for a node that
  /// the plugin cannot run with.
  package var pluginRemarks: [PluginRemark] {
    guard let plugin = definition as? any PluginOperator.Type else { return [] }
    var reader = PluginNode(self)
    do { try plugin.readParameters(&reader) } catch { return [] }
    let unasked = Set(attributes.keys).subtracting(reader.asked).sorted().map { name in
      PluginRemark(
        text: "attribute \(name) is none that the plugin's creator asks for: TensorRT never looks "
          + "at it",
        remedy: "take it out, or correct its name")
    }
    let lists = Set(reader.listsOfOne).sorted().map { name in
      PluginRemark(
        text:
          "attribute \(name) is \(attributes[name]?.kind ?? "") of one number, which is read as "
          + "that number, as TensorRT does",
        remedy: "write the number alone")
    }
    return unasked + lists
  }
}

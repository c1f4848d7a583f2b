/// This release of the project.
public enum Release {
  public static let version = "0.1.0"
}
